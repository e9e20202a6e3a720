// The rules as Prometheus reads them: well-formed, and every alert fires and stays silent where it should.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planDashboards } from "../../../components/monitoring/dashboards.ts";
import { monitoringSettings } from "../../../components/monitoring/monitoring.args.ts";
import { planGroups, type RuleGroup } from "../../../components/monitoring/monitoring.plan.ts";
import { tryCommand } from "../../../stacks/local/cluster/commands.ts";
import { fetchDebianProgram } from "../../../stacks/local/cluster/debian.ts";
import { ownership } from "../../kit/component-owner.ts";
import { ALERT_CASES, type AlertCase, type Series } from "./alert-cases.ts";

const RUN_MS = 120_000;
const runbookUrl = "https://runbooks.example/rampa";
const groups = planGroups(monitoringSettings.parse({ ownership, runbookUrl, gpus: true }));
const alerts = groups.flatMap(({ rules }) => rules).filter((rule) => "alert" in rule);

let promtool = "";
let folder = "";

beforeAll(async () => {
  promtool = await fetchDebianProgram("prometheus", "promtool", { report: () => {} });
  folder = await mkdtemp(join(tmpdir(), "rampa-rules-"));
  await writeFile(join(folder, "rules.yaml"), JSON.stringify({ groups }));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Rule files and tests are JSON, which is YAML too. */
async function run(verb: string, name: string, content: unknown): Promise<{ code: number; text: string }> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, JSON.stringify(content));
  const result = await tryCommand(promtool, [verb, "rules", file], { deadlineMs: RUN_MS, cwd: folder });
  return { code: result.code ?? -1, text: `${result.stdout}${result.stderr}` };
}

describe("the rule file", () => {
  it("is one that Prometheus takes", async () => {
    const { code, text } = await run("check", "rules", { groups });
    expect(text).toContain(`${groups.flatMap(({ rules }) => rules).length} rules found`);
    expect(code).toBe(0);
  });

  it("takes every expression of the dashboards too", async () => {
    const panels = planDashboards("rampa", true).flatMap((dashboard) => dashboard.panels);
    const rules = panels.map(({ expression }, index) => ({ record: `panel:${index}`, expr: expression }));
    const { code, text } = await run("check", "dashboards", { groups: [{ name: "dashboards", rules }] });
    expect(text).toContain(`${panels.length} rules found`);
    expect(code).toBe(0);
  });

  it("is refused with a broken expression", async () => {
    const broken: RuleGroup = {
      name: "broken",
      interval: "30s",
      rules: [{ record: "a:b", expr: "sum by (x (y)" }],
    };
    expect((await run("check", "broken", { groups: [broken] })).code).not.toBe(0);
  });
});

type World = { readonly series: readonly Series[]; readonly atMinutes: number };

function toTest(alertname: string, { series, atMinutes }: World, expected: readonly object[]): object {
  return {
    interval: "1m",
    input_series: series,
    alert_rule_test: [{ eval_time: `${atMinutes}m`, alertname, exp_alerts: expected }],
  };
}

/** A long world is evaluated in larger steps. */
function testFile(test: object, atMinutes: number): object {
  return {
    rule_files: ["rules.yaml"],
    evaluation_interval: atMinutes > 100 ? "5m" : "1m",
    group_eval_order: groups.map((group) => group.name),
    tests: [test],
  };
}

function fired(alert: (typeof alerts)[number], { fires }: AlertCase): object {
  return {
    exp_labels: { ...fires.labels, ...alert.labels },
    exp_annotations: { summary: fires.summary, runbook_url: `${runbookUrl}/${alert.alert}.md` },
  };
}

describe.each(alerts.map((alert) => [alert.alert, alert] as const))("%s", (name, alert) => {
  const found = ALERT_CASES[name];

  it("fires, and says where and what to read", async () => {
    if (found === undefined) throw new Error(`no case for ${name}`);
    const test = toTest(name, found.fires, [fired(alert, found)]);
    const result = await run("test", name, testFile(test, found.fires.atMinutes));
    expect(result).toMatchObject({ code: 0 });
  });

  it.each(Object.keys(found?.silent ?? {}))("stays silent at %s", async (world) => {
    const silent = found?.silent[world];
    if (silent === undefined) throw new Error(`no world ${world}`);
    const result = await run("test", `${name}-silent`, testFile(toTest(name, silent, []), silent.atMinutes));
    expect(result).toMatchObject({ code: 0 });
  });
});
