// The External Secrets Operator's controller with AWS as its only provider; all forty of them would take half an hour to compile.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fetchGoModule } from "../../kit/go-module.ts";
import { ensureGoProgram } from "../../kit/go-program.ts";
import { fetched } from "../../kit/obtained-tool.ts";

const MODULE = "github.com/external-secrets/external-secrets";
/** The newest that is one module: later ones are built from parts that no Go client can fetch. */
const VERSION = "v0.20.4";
/** Each is a list of imports. */
const LISTS = ["pkg/provider/register/register.go", "pkg/generator/register/register.go"];
const KEPT = `"${MODULE}/pkg/provider/aws"`;
/** What the chart defines for the platform (`components/secrets/operator.values.ts`). */
const DEFINITIONS = [
  "external-secrets.io_externalsecrets.yaml",
  "external-secrets.io_secretstores.yaml",
  "generators.external-secrets.io_generatorstates.yaml",
];

export type ExternalSecretsProgram = {
  readonly controller: string;
  /** Definitions of the kinds, as text. */
  readonly definitions: readonly string[];
};

/** Throws NotObtainable where Go or a module can't be fetched. */
export async function ensureExternalSecrets(): Promise<ExternalSecretsProgram> {
  const folder = await fetched("External Secrets", () => fetchGoModule(`${MODULE}@${VERSION}`));
  const changes = LISTS.map((path) => [path, keepAws(readFileSync(join(folder, path), "utf8"))]);
  const controller = await ensureGoProgram({
    name: "external-secrets",
    modules: { [MODULE]: VERSION },
    main: { folder: ".", changes: Object.fromEntries(changes) },
  });
  const definitions = DEFINITIONS.map((name) =>
    readFileSync(join(folder, "config/crds/bases", name), "utf8"),
  );
  return { controller, definitions };
}

function keepAws(text: string): string {
  const isLeftOut = (line: string): boolean => line.trim().startsWith('_ "') && !line.endsWith(KEPT);
  return text
    .split("\n")
    .filter((line) => !isLeftOut(line))
    .join("\n");
}
