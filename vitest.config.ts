import { configDefaults, defineConfig } from "vitest/config"

/** Names a Postgres whose databases tests may fill. */
const url = process.env.GIANT_TEST_DATABASE_URL
const pglite = "test/conformance/pglite.test.ts"

/** What promises something of the store, or asks it much; nothing that only draws pages or reads the web. */
const domain = [
  "test/{leads,game,outreach,memory,actions,harness,views,sources,team}/**/*.test.ts",
  "test/browser/ledger.test.ts",
  "test/viewer/{tables,viewer}.test.ts",
  "test/{db/{store,jot,migrations},postgres/*}.test.ts",
]

export default defineConfig({
  test: {
    // What is waited for comes as soon as the machine can; how fast that is decides no test.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 120_000, interval: 50 } },
    globalSetup: "test/temporary.ts",
    pool: "forks",
    // Files share a process: no test changes what another one sees, and loading the program once is a third of the work.
    isolate: false,
    // Much of the time is spent waiting for browsers and other processes.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: "sqlite",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, pglite, ...(url ? ["test/postgres/*"] : [])],
        },
      },
      { extends: true, test: { name: "pglite", include: [pglite], env: { GIANT_TEST_ENGINE: "pglite" } } },
      ...(url
        ? [
            {
              extends: true as const,
              test: {
                name: "postgres",
                include: domain,
                exclude: [...configDefaults.exclude, pglite],
                env: { GIANT_TEST_ENGINE: url },
              },
            },
          ]
        : []),
    ],
  },
})
