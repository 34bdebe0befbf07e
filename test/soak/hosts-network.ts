import { execFileSync, spawnSync } from "node:child_process"

/** Machines of their own on one: each has an address and a cable to the others, and nothing else of the outside. */
type Network = {
  /** The words before a command that run it on a machine. */
  on(machine: string): string[]
  /** Whether a machine's cable is in the switch. It is pulled there, so that the machine itself is told of nothing. Only the machine
   * with the switch can. */
  plug(machine: string, isIn: boolean): void
}

/** Why there can be no network of machines here; null where there can. */
export function whyNoNetwork(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "it takes Linux and root to make network namespaces"
  if (spawnSync("ip", ["netns", "list"]).status !== 0)
    return "there is no ip command with network namespaces (apt install iproute2)"
  return null
}

/** The address of the machine with the switch. */
export const hubAddress = "10.77.0.1"

/** Makes the machines; the first one has the switch that all cables lead to. */
export function layNetwork([hub, ...others]: [string, ...string[]]): void {
  removeNetwork([hub, ...others])
  for (const machine of [hub, ...others]) {
    ip("netns", "add", named(machine))
    ip("-n", named(machine), "link", "set", "lo", "up")
  }
  ip("-n", named(hub), "link", "add", "switch", "type", "bridge")
  ip("-n", named(hub), "link", "set", "switch", "up")
  ip("-n", named(hub), "addr", "add", `${hubAddress}/24`, "dev", "switch")
  others.forEach((machine, index) => {
    const end = ["name", "cable", "netns", named(machine)]
    ip("-n", named(hub), "link", "add", `to-${machine}`, "type", "veth", "peer", ...end)
    ip("-n", named(hub), "link", "set", `to-${machine}`, "master", "switch", "up")
    ip("-n", named(machine), "addr", "add", `10.77.0.${index + 2}/24`, "dev", "cable")
    ip("-n", named(machine), "link", "set", "cable", "up")
  })
}

export function removeNetwork(machines: string[]): void {
  for (const machine of machines) spawnSync("ip", ["netns", "del", named(machine)], { stdio: "ignore" })
}

/** The network as the machine with the switch has it. */
export const network: Network = {
  on: (machine) => ["ip", "netns", "exec", named(machine)],
  plug: (machine, isIn) => ip("link", "set", `to-${machine}`, ...(isIn ? ["master", "switch"] : ["nomaster"])),
}

function named(machine: string): string {
  return `giant-soak-${machine}`
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] })
}
