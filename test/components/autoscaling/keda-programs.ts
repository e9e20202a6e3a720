// KEDA's own programs of the chart's version, with one of its scalers: all of them would take half an hour to compile.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CHARTS } from "../../../components/contract/charts.ts";
import { fetchGoModule } from "../../kit/go-module.ts";
import { ensureGoProgram } from "../../kit/go-program.ts";
import { fetched } from "../../kit/obtained-tool.ts";

const MODULE = "github.com/kedacore/keda/v2";
const VERSION = `v${CHARTS.keda.version}`;
const SCALERS = "pkg/scalers";
const KEPT = "prometheus_scaler.go";
/** A word of all scalers, which one that is left out defines. */
const SHARED = {
  [`${SCALERS}/azure_queue_scaler.go`]: 'package scalers\n\nconst externalMetricType = "External"\n',
};
/** Chooses the scaler of a trigger. */
const CHOICE = "pkg/scaling/scalers_builder.go";

export type KedaPrograms = {
  readonly operator: string;
  /** Serves the API `external.metrics.k8s.io`. */
  readonly adapter: string;
  /** Judges ScaledObjects. */
  readonly webhooks: string;
  /** Folder of the definitions of KEDA's kinds. */
  readonly definitions: string;
};

/** Throws NotObtainable where Go or a module can't be fetched. */
export async function ensureKeda(): Promise<KedaPrograms> {
  const folder = await fetched("KEDA", () => fetchGoModule(`${MODULE}@${VERSION}`));
  const changes = keepOneScaler(folder);
  const build = (name: string, command: string): Promise<string> =>
    ensureGoProgram({ name, modules: { [MODULE]: VERSION }, main: { folder: `cmd/${command}`, changes } });
  return {
    operator: await build("keda-operator", "operator"),
    adapter: await build("keda-adapter", "adapter"),
    webhooks: await build("keda-webhooks", "webhooks"),
    definitions: join(folder, "config/crd/bases"),
  };
}

function keepOneScaler(folder: string): Record<string, string | null> {
  const others = readdirSync(join(folder, SCALERS)).filter(
    (name) => name.endsWith("_scaler.go") && name !== KEPT,
  );
  const choice = readFileSync(join(folder, CHOICE), "utf8");
  const cut = choice.replace(
    /(switch triggerType \{\n)[\s\S]*?(\tcase "prometheus":\n.*\n)[\s\S]*?(\tdefault:\n)/,
    "$1$2$3",
  );
  if (cut === choice) throw new Error(`${CHOICE} chooses scalers in another way`);
  const leftOut = Object.fromEntries(others.map((name) => [join(SCALERS, name), null]));
  return { ...leftOut, ...SHARED, [CHOICE]: cut };
}
