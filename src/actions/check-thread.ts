import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parentPort } from "node:worker_threads"
import ts from "typescript-5"
import type { FromChecker, Problem, ToChecker } from "./check.ts"

// The thread of the type checker: one language service, whose script changes from question to question.

const libraries = dirname(fileURLToPath(import.meta.resolve("typescript-5")))
const declared = "/actions.d.ts"
const script = "/script.ts"
/** Lines that the wrapper puts before the script's first. */
const wrapperLines = 1
const mostProblems = 6

/** Codes of TypeScript's messages. */
const didYouForgetAwait = 2773
const possiblyNull = [2531, 2532, 2533, 18047, 18048, 18049]
const noSuchName = [2304, 2552]
const notAMember = [2353, 2561]
const notThisLiteral = 2820
/** Something is any without saying so. Such types are inferred all the same, as those of `let found = []` are, and a script need
 * not write them down. */
const isImplicitAny = (code: number) => code >= 7005 && code <= 7057

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  lib: ["lib.esnext.d.ts"],
  types: [],
  strict: true,
  // What is caught, a script need not say.
  useUnknownInCatchVariables: false,
  allowUnreachableCode: true,
  allowUnusedLabels: true,
  skipLibCheck: true,
  noEmit: true,
}

const texts = new Map<string, { text: string; version: number }>()
const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => [declared, script],
  getScriptVersion: (name) => String(texts.get(name)?.version ?? 0),
  getScriptSnapshot(name) {
    const text = texts.get(name)?.text ?? (isLibrary(name) ? ts.sys.readFile(name) : undefined)
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
  },
  getCurrentDirectory: () => "/",
  getDefaultLibFileName: () => join(libraries, "lib.esnext.d.ts"),
  fileExists: (name) => texts.has(name) || (isLibrary(name) && ts.sys.fileExists(name)),
  readFile: (name) => texts.get(name)?.text ?? (isLibrary(name) ? ts.sys.readFile(name) : undefined),
})

parentPort?.on("message", (question: ToChecker) => parentPort?.postMessage(answer(question)))

function answer({ declarations, source }: ToChecker): FromChecker {
  put(declared, declarations)
  put(script, `(async () => {\n${source}\n})()`)
  try {
    const syntax = service.getSyntacticDiagnostics(script)
    const found = syntax.length > 0 ? syntax : service.getSemanticDiagnostics(script)
    const problems = found.filter((one) => !isLiberty(one)).map((one) => problemOf(one, source))
    return problems.length > 0 ? { kind: "wrong", problems: problems.slice(0, mostProblems) } : { kind: "right" }
  } catch (error) {
    return {
      kind: "broken",
      reason: error instanceof RangeError ? "It nests too deeply to be checked." : String(error),
    }
  }
}

function put(name: string, text: string): void {
  const before = texts.get(name)
  if (before?.text !== text) texts.set(name, { text, version: (before?.version ?? 0) + 1 })
}

/** Only the language's own declarations are read from the disk: a script may name any file in a comment of its. */
function isLibrary(name: string): boolean {
  return dirname(name) === libraries && /^lib\.[\w.]+\.d\.ts$/.test(name.slice(libraries.length + 1))
}

/** What actions accept although it is declared otherwise: names as the database writes them, such as linkedin_url. */
function isLiberty({ code, start, messageText }: ts.Diagnostic): boolean {
  if (isImplicitAny(code)) return true
  const text = ts.flattenDiagnosticMessageText(messageText, "\n")
  if (code === notThisLiteral) {
    const [, written = "", meant = ""] =
      /Type '"(\w+)"' is not assignable to type .*Did you mean '"(\w+)"'/s.exec(text) ?? []
    return meant !== "" && camelCase(written) === meant
  }
  if (!notAMember.includes(code)) return false
  const node = nodeAt(start ?? 0)
  const literal = node && ts.findAncestor(node, ts.isObjectLiteralExpression)
  const type = literal && typeChecker()?.getContextualType(literal)
  return Boolean(
    node && type && node.getText().includes("_") && typeChecker()?.getPropertyOfType(type, camelCase(node.getText())),
  )
}

function problemOf({ start = 0, code, messageText, relatedInformation = [] }: ts.Diagnostic, source: string): Problem {
  const line = fileOfScript()?.getLineAndCharacterOfPosition(start).line ?? 0
  const lines = source.split("\n").length
  const hints = relatedInformation.filter((one) => one.code === didYouForgetAwait).map((one) => one.messageText)
  return {
    line: Math.min(Math.max(line + 1 - wrapperLines, 1), lines),
    message: [messageText, ...hints].map((text) => ts.flattenDiagnosticMessageText(text, " ").slice(0, 500)).join(" "),
    declared: declarationOf(code, start),
  }
}

/** What would be right, where a declaration says it: none does of what is possibly null. */
function declarationOf(code: number, start: number): string | null {
  if (possiblyNull.includes(code)) return null
  if (noSuchName.includes(code))
    return `A script knows the language itself, print, show and: ${namespaces().join(", ")}.`
  return declarationNear(start)
}

function namespaces(): string[] {
  const statements = service.getProgram()?.getSourceFile(declared)?.statements ?? []
  return statements.flatMap((statement) => (ts.isModuleDeclaration(statement) ? statement.name.text : []))
}

/** The declaration that the place is about: of the action that is called there, else of the thing that is used. */
function declarationNear(start: number): string | null {
  const checker = typeChecker()
  for (let node = nodeAt(start); node && checker; node = node.parent) {
    if (ts.isPropertyAccessExpression(node)) {
      const type = checker.getTypeAtLocation(node.expression)
      const namespace = checker.getSymbolAtLocation(node.expression)
      const own = declarationText(type.aliasSymbol) ?? (namespace && membersOf(namespace))
      if (own) return own
    }
    if (ts.isCallExpression(node)) {
      const called = declarationText(checker.getSymbolAtLocation(node.expression))
      if (called) return called
    }
  }
  return null
}

/** How something of the actions was declared; null for what is the script's or the language's own. */
function declarationText(symbol: ts.Symbol | undefined): string | null {
  const declaration = symbol?.declarations?.find((one) => one.getSourceFile().fileName === declared)
  if (!declaration || ts.isModuleDeclaration(declaration)) return null
  const text = declaration.getText().replace(/^function /, "")
  const namespace = ts.findAncestor(declaration, ts.isModuleDeclaration)
  return namespace ? `${namespace.name.getText()}.${text}` : text
}

function membersOf(namespace: ts.Symbol): string | null {
  const isOurs = namespace.declarations?.some(
    (one) => one.getSourceFile().fileName === declared && ts.isModuleDeclaration(one),
  )
  if (!isOurs) return null
  return `${namespace.name} has ${[...(namespace.exports?.keys() ?? [])].join(", ")}`
}

function nodeAt(position: number): ts.Node | undefined {
  const file = fileOfScript()
  let found: ts.Node | undefined = file
  for (let node = found; node; ) {
    found = node
    node = ts.forEachChild(node, (child) =>
      child.getStart(file) <= position && position < child.getEnd() ? child : undefined,
    )
  }
  return found
}

function fileOfScript(): ts.SourceFile | undefined {
  return service.getProgram()?.getSourceFile(script)
}

function typeChecker(): ts.TypeChecker | undefined {
  return service.getProgram()?.getTypeChecker()
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
