// Every metric that a rule or dashboard reads is one that a pod of ours exports, a rule records, or a named other gives.
import { describe, expect, it } from "vitest";
import { createGatewayMetrics } from "../../../serving/http/gateway/gateway-metrics.ts";
import { createModelMetrics } from "../../../serving/http/model/model-metrics.ts";
import { metricsIn, readMetrics, unknownMetrics } from "./metric-names.ts";

/** Names of the families of an exposition, those without a series included. */
const familiesOf = (text: string): string[] =>
  [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? "");

describe("metrics", () => {
  it.each<readonly [string, readonly string[]]>([
    ['sum by (namespace, le) (rate(a_total{x="b", y=~"c|d"}[5m])) > 0.5 and on (x) d:e', ["a_total", "d:e"]],
    ['label_replace(a, "endpoint", "$1", "b", "(.*)") or b offset 10m', ["a", "b"]],
    ["(a - on (x) group_left () b) > 2 unless c == 1", ["a", "b", "c"]],
  ])("are found in %s", (expression, names) => {
    expect(metricsIn(expression)).toEqual(names);
  });

  it("of rules and dashboards all exist", async () => {
    const gateway = createGatewayMetrics(
      { find: () => undefined, list: () => [], isLoaded: () => true },
      { waiting: () => 0 },
    );
    const model = createModelMetrics({
      endpoint: "chat",
      version: "1.0.0",
      status: () => undefined,
      memoryLimitBytes: undefined,
    });
    const scraped = familiesOf(`${await gateway.print()}\n${await model.print()}`);
    expect(unknownMetrics(scraped)).toEqual([]);
    expect(unknownMetrics([]).length).toBeGreaterThan(5);
    expect(readMetrics().read).toContain("rampa_gateway_waiting_requests");
  });
});
