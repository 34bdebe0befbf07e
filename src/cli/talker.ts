import type { Answering } from "../conversation/questions.ts"
import { clockOf } from "../harness/clock.ts"
import type { Host } from "./host.ts"

/** The host as conversations use it. */
export function talkerOf(host: Host): Answering {
  const { home, gate, dayUsd, agent, model, tools, resume } = host
  return {
    store: home.store,
    gate,
    clock: clockOf(home.store),
    random: Math.random,
    dayUsd,
    agent,
    model,
    tools,
    resume,
  }
}
