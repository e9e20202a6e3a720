// The tree as text and as imports: what the architecture test judges. Reads files, decides nothing.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";
import { paths } from "../../stacks/local/paths.ts";

export type FunctionSize = { readonly name: string; readonly line: number; readonly lines: number };

export type SourceFile = {
  /** Path from the top of the checkout. */
  readonly path: string;
  readonly text: string;
  /** Files of the checkout it imports, by path from the top. */
  readonly local: readonly string[];
  /** Everything else it imports: packages and `node:` modules. */
  readonly external: readonly string[];
  readonly functions: readonly FunctionSize[];
  /** Names and `a.b` accesses that stand in expressions. */
  readonly words: ReadonlySet<string>;
};

/** Tracked files and new ones that git does not ignore, as they are on disk. */
export function listFiles(): readonly string[] {
  const output = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: paths.checkout,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const listed = new Set(output.split("\0").filter((path) => path !== ""));
  return [...listed].filter((path) => existsSync(join(paths.checkout, path))).toSorted();
}

export function readText(path: string): string {
  return readFileSync(join(paths.checkout, path), "utf8");
}

export function readSource(path: string): SourceFile {
  return parseSource(path, readText(path));
}

/** Pure: one file's text to what is known about it. */
export function parseSource(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = { imports: new Set<string>(), functions: [] as FunctionSize[], words: new Set<string>() };
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) found.imports.add(specifier);
    const size = sizeOf(node, tree);
    if (size !== undefined) found.functions.push(size);
    if (ts.isIdentifier(node) && !isDeclaredOrMember(node)) found.words.add(node.text);
    if (ts.isPropertyAccessExpression(node)) found.words.add(node.getText(tree));
    node.forEachChild(visit);
  };
  visit(tree);
  const all = [...found.imports];
  return {
    path,
    text,
    local: all.filter((it) => it.startsWith(".")).map((it) => normalize(join(dirname(path), it))),
    external: all.filter((it) => !it.startsWith(".")),
    functions: found.functions,
    words: found.words,
  };
}

/** The module named by an import, a re-export or an `import(…)`. */
function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isDynamic ? literal(node.arguments[0]) : undefined;
}

function literal(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function sizeOf(node: ts.Node, tree: ts.SourceFile): FunctionSize | undefined {
  if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return undefined;
  const start = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line;
  const end = tree.getLineAndCharacterOfPosition(node.end).line;
  const name = node.name?.getText(tree) ?? "(unnamed)";
  return { name, line: start + 1, lines: end - start + 1 };
}

/** A key, a member's name or a declaration says nothing about what the code reaches for. */
function isDeclaredOrMember(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  return (
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isTypeReferenceNode(parent)
  );
}

/** The first cycle among local imports as a list of paths that ends where it began; undefined when there is none. */
export function findCycle(files: readonly SourceFile[]): readonly string[] | undefined {
  const imports = new Map(files.map((file) => [file.path, file.local]));
  const finished = new Set<string>();
  const walk = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) return [...trail.slice(seenAt), path];
    if (finished.has(path)) return undefined;
    for (const next of imports.get(path) ?? []) {
      const cycle = walk(next, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    finished.add(path);
    return undefined;
  };
  for (const { path } of files) {
    const cycle = walk(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
