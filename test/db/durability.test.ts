import { execFileSync } from "node:child_process"
import { expect, test } from "vitest"
import { fillDisk } from "../soak/disk-full.ts"
import { killWriters } from "../soak/kill.ts"
import { cutLog } from "../soak/wal.ts"

test("a process that is killed while it writes loses nothing that was acknowledged, and leaves nothing by halves", async () => {
  const { acknowledged, lost, faults } = await killWriters(4)
  expect({ lost, faults }).toEqual({ lost: 0, faults: [] })
  // Each of the seven processes wrote at least once.
  expect(acknowledged).toBeGreaterThanOrEqual(7)
})

test("a log that is cut anywhere, also with torn bytes behind the cut, opens to whole changes", async () => {
  const { cuts, fewest, most, faults } = await cutLog(40)
  expect(cuts).toBeGreaterThan(80)
  expect({ fewest, most, faults }).toEqual({ fewest: 0, most: 20, faults: [] })
})

test.skipIf(!hasCommand("prlimit"))(
  "on a full disk reads go on, writes say so, and work when there is room again",
  async () => {
    const { written, error, readMeanwhile, writtenAfterwards, faults } = await fillDisk()
    expect(written).toBeGreaterThan(0)
    expect(error).toMatchObject({ name: "DiskFull", code: "disk_full" })
    expect(error.message).toContain("There is no room")
    expect({ readMeanwhile, writtenAfterwards, faults }).toEqual({
      readMeanwhile: written,
      writtenAfterwards: 50,
      faults: [],
    })
  },
)

function hasCommand(name: string): boolean {
  try {
    execFileSync(name, ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}
