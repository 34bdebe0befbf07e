import { fileURLToPath } from "node:url"

/** The sample leads of the replica, as a team would have them: one person's LinkedIn export, and a colleague's. */
export const sampleFiles = [
  { name: "Connections-second-account.csv", source: "sample", owner: "Second" },
  { name: "Connections.csv", source: "sample", owner: null },
].map((sample) => ({
  ...sample,
  path: fileURLToPath(new URL(`../rehearsal/sample/${sample.name}`, import.meta.url)),
}))
