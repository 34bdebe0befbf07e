import { enableCompileCache, registerHooks } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"

// What the launcher does before it loads the program; it would load the program too.
enableCompileCache(join(tmpdir(), "giant-bench-compiled"))
setFlagsFromString("--no-concurrent-array-buffer-sweeping")
registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith(".") || !context.parentURL?.includes("/node_modules/drizzle-orm/"))
      return next(specifier, context)
    return { url: new URL(specifier, context.parentURL).href, format: "module", shortCircuit: true }
  },
})
