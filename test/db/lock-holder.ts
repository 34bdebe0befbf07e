import { takeLock } from "../../src/db/lock.ts"

/** A process that takes a lock, tells its parent, and keeps it until it is ended. */
const lock = takeLock(process.argv[2] ?? "")
process.on("message", () => lock?.release())
process.send?.(lock === null ? "refused" : "taken")
