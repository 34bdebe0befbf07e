import { executeTool } from "./execute.ts"
import { searchTool } from "./search.ts"
import type { ModelTool, ToolDeps } from "./tool.ts"

/** The two tools through which a model does everything: `execute` runs a script over the actions, `search` finds actions. */
export function modelTools(deps: ToolDeps): ModelTool[] {
  return [executeTool(deps), searchTool(deps)]
}
