import { join } from "node:path"
import { type Lock, takeLock } from "../db/lock.ts"
import { CommandFailed } from "./io.ts"

/** The lock of the one process that has this home's browser. Throws CommandFailed while another has it. */
export function takeHost(home: string): Lock {
  const lock = takeLock(join(home, "host.lock"))
  if (lock) return lock
  throw new CommandFailed(
    "home_busy",
    "Small Giant is at work in this home already, in another process.",
    "Use its viewer, stop it with Ctrl-C, or name another home with --home.",
  )
}

/** The home's lock for as long as somebody here holds it. `taken` is the lock that this process has anyway. What is given back throws
 * CommandFailed while another process has it. */
export function sharedHostLock(home: string, taken: Lock | null): () => Lock {
  let lock: Lock | null = null
  let holders = 0
  return () => {
    if (taken) return { release: () => {} }
    lock ??= takeHost(home)
    holders += 1
    let isHeld = true
    return {
      release() {
        if (!isHeld) return
        isHeld = false
        holders -= 1
        if (holders > 0) return
        lock?.release()
        lock = null
      },
    }
  }
}
