import { setTimeout as sleep } from "node:timers/promises"
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import {
  CallToolRequestSchema,
  type CallToolResult,
  type ElicitRequestFormParams,
  GetPromptRequestSchema,
  ListToolsRequestSchema,
  type PromptMessage,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js"
import type { McpServer } from "../../../src/mcp/server.ts"

/** What the conformance suite asks for that our own server has none of: other kinds of content, questions to the client, places of
 * another scheme. It proves how messages travel through our sessions over HTTP, and nothing of our actions. */
export function suiteServer(): McpServer {
  const capabilities = { tools: {}, resources: { subscribe: true }, prompts: {} }
  const server = new Server({ name: "suite", version: "1.0.0" }, { capabilities })

  server.setRequestHandler(ListToolsRequestSchema, async () => ({
    tools: [
      ...Object.keys(contents),
      ...Object.keys(forms),
      "test_sampling",
      "test_elicitation",
      "test_reconnection",
    ].map((name) => ({ name, description: "Of the conformance suite.", inputSchema: { type: "object" as const } })),
  }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: input = {} } }, extra) => {
    const content = contents[name]
    if (content) return { content }
    if (name === "test_reconnection") {
      extra.closeSSEStream?.()
      await sleep(100)
      return said("Told after the stream was closed.")
    }
    if (name === "test_sampling") {
      const asked = { role: "user" as const, content: { type: "text" as const, text: String(input.prompt) } }
      const answer = await server.createMessage(
        { messages: [asked], maxTokens: 100 },
        { relatedRequestId: extra.requestId },
      )
      return said(`LLM response: ${JSON.stringify(answer.content)}`)
    }
    const message = String(input.message ?? "Some questions")
    const requestedSchema = forms[name] ?? whoAreYou
    const answer = await server.elicitInput({ message, requestedSchema }, { relatedRequestId: extra.requestId })
    return said(`User response: ${JSON.stringify(answer)}`)
  })

  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }) => {
    if (uri === "test://static-text") return { contents: [{ uri, mimeType: "text/plain", text: "A static text." }] }
    if (uri === "test://static-binary") return { contents: [{ uri, mimeType: "image/png", blob: picture }] }
    const [, id] = /^test:\/\/template\/(\w+)\/data$/.exec(uri) ?? []
    return { contents: [{ uri, mimeType: "application/json", text: JSON.stringify({ id }) }] }
  })
  server.setRequestHandler(SubscribeRequestSchema, async () => ({}))
  server.setRequestHandler(UnsubscribeRequestSchema, async () => ({}))

  server.setRequestHandler(GetPromptRequestSchema, async ({ params: { name, arguments: given = {} } }) => {
    const text: PromptMessage["content"] = { type: "text", text: `Prompt with ${JSON.stringify(given)}` }
    const uri = given.resourceUri ?? "test://static-text"
    const shown: Record<string, PromptMessage["content"]> = {
      test_prompt_with_embedded_resource: {
        type: "resource",
        resource: { uri, mimeType: "text/plain", text: "A text." },
      },
      test_prompt_with_image: { type: "image", data: picture, mimeType: "image/png" },
    }
    const first = shown[name]
    return { messages: [...(first ? [first] : []), text].map((content) => ({ role: "user" as const, content })) }
  })

  return { server, close: () => server.close() }
}

/** One red pixel. */
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
/** A sound without any sample. */
const sound = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="

const image = { type: "image" as const, data: picture, mimeType: "image/png" }
const embedded = (uri: string) => ({
  type: "resource" as const,
  resource: { uri, mimeType: "text/plain", text: "An embedded text." },
})
const contents: Record<string, CallToolResult["content"]> = {
  test_image_content: [image],
  test_audio_content: [{ type: "audio", data: sound, mimeType: "audio/wav" }],
  test_embedded_resource: [embedded("test://embedded-resource")],
  test_multiple_content_types: [
    { type: "text", text: "Several kinds:" },
    image,
    embedded("test://mixed-content-resource"),
  ],
}

type Form = ElicitRequestFormParams["requestedSchema"]
const whoAreYou: Form = {
  type: "object",
  properties: { username: { type: "string" }, email: { type: "string" } },
  required: ["username", "email"],
}
const titled = [1, 2, 3].map((nth) => ({ const: `value${nth}`, title: `Option ${nth}` }))
const forms: Record<string, Form> = {
  test_elicitation_sep1034_defaults: {
    type: "object",
    properties: {
      name: { type: "string", default: "John Doe" },
      age: { type: "integer", default: 30 },
      score: { type: "number", default: 95.5 },
      status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
      verified: { type: "boolean", default: true },
    },
  },
  test_elicitation_sep1330_enums: {
    type: "object",
    properties: {
      untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
      titledSingle: { type: "string", oneOf: titled },
      legacyEnum: { type: "string", enum: ["opt1", "opt2"], enumNames: ["Option One", "Option Two"] },
      untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
      titledMulti: { type: "array", items: { anyOf: titled } },
    },
  },
}

function said(text: string): CallToolResult {
  return { content: [{ type: "text", text }] }
}
