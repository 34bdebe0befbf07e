import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"

/** The compiled JavaScript engine. A stored script goes on only in an engine of the same key. */
export type Engine = { wasm: WebAssembly.Module; key: string }

/** Compiles the engine once for all threads. The key is a hash of its bytes. */
export async function loadEngine(): Promise<Engine> {
  const bytes = await readFile(fileURLToPath(import.meta.resolve("quickjs-wasi/quickjs.wasm")))
  return { wasm: await WebAssembly.compile(bytes), key: createHash("sha256").update(bytes).digest("hex") }
}
