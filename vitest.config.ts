import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for comes as soon as the machine can; how fast that is decides no test.
    expect: { poll: { timeout: 20_000, interval: 50 } },
    pool: "forks",
    // Files share a process: no test changes what another one sees, and loading the program once is a third of the work.
    isolate: false,
    // Much of the time is spent waiting for browsers and other processes.
    maxWorkers: 3,
  },
})
