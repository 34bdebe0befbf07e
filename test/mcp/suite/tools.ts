import { setTimeout as sleep } from "node:timers/promises"
import type { Tool } from "../../../src/harness/tool.ts"

/** The tools that the protocol's conformance suite asks for, as far as ours are of their kind: they run in a client's session. */
export const suiteTools: Tool[] = [
  tool("test_simple_text", async () => ({ text: "This is a simple text response for testing." })),
  tool("test_error_handling", async () => {
    throw new Error("This tool intentionally returns an error for testing")
  }),
  tool("test_tool_with_progress", steps),
  tool("test_tool_with_logging", steps),
  {
    ...tool("json_schema_2020_12_tool", async () => ({ text: "Done." })),
    inputSchema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      $defs: {
        address: { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } },
      },
      properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
      additionalProperties: false,
    },
  },
]

async function steps(...[_input, { onProgress }]: Parameters<Tool["run"]>): ReturnType<Tool["run"]> {
  for (const step of ["started", "processing data", "completed"]) {
    onProgress(`Tool execution ${step}`)
    await sleep(50)
  }
  return { text: "Three steps were told." }
}

function tool(name: string, run: Tool["run"]): Tool {
  return { name, description: "Of the conformance suite.", inputSchema: { type: "object", properties: {} }, run }
}
