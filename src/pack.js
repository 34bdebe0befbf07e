// Completes dist for a package: what the compiler does not copy.
import { cpSync } from "node:fs"

for (const folder of ["agents", "migrations", "viewer/assets", "src/rehearsal/sample"]) {
  cpSync(folder, `dist/${folder}`, { recursive: true })
}
