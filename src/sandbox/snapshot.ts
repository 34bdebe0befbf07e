import { promisify } from "node:util"
import { gunzip, gzip } from "node:zlib"
import { QuickJS, type Snapshot } from "quickjs-wasi"
import { z } from "zod"

const header = z.object({
  engine: z.string(),
  api: z.string(),
  /** Where in the VM's memory the functions stand that drive the script. */
  guest: z.int(),
  calls: z.int(),
  cpuMs: z.number(),
  printed: z.string(),
  waiting: z.array(z.object({ id: z.int(), name: z.string(), args: z.string() })),
})

/** A paused script: what is known about it, and the whole memory of its VM. */
export type Paused = { header: z.infer<typeof header>; memory: Snapshot }

/** The bytes are for storage: gzip over the header's length, the header as JSON and the memory. */
export async function packSnapshot(paused: Paused): Promise<Uint8Array> {
  const head = Buffer.from(JSON.stringify(paused.header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(head.length)
  return promisify(gzip)(Buffer.concat([length, head, QuickJS.serializeSnapshot(paused.memory)]), { level: 1 })
}

/** Null when the bytes are no snapshot, are damaged, or unpack to more than `maxBytes`. */
export async function unpackSnapshot(bytes: Uint8Array, maxBytes: number): Promise<Paused | null> {
  try {
    const all = await promisify(gunzip)(bytes, { maxOutputLength: maxBytes })
    const end = 4 + all.readUInt32LE(0)
    return {
      header: header.parse(JSON.parse(all.toString("utf8", 4, end))),
      memory: QuickJS.deserializeSnapshot(all.subarray(end)),
    }
  } catch {
    return null
  }
}
