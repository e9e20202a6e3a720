// Paths of controllers of a stack's own cluster: what the stack file says decides what is open.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scaling } from "../../../components/serving/scaling.args.ts";
import { scalerCalls, scalerSpace } from "../../../stacks/aws/controller-spaces.ts";
import { loadStackFile, type StackSettings } from "../../../stacks/settings.ts";

const prod = await loadStackFile(join(import.meta.dirname, "../../../stacks/Pulumi.prod.yaml"));
const ownership = { environment: "prod", owner: "platform-team", costCenter: "serving" };
const apiServers = ["10.0.0.0/16"];

/** The versions of `chat` in turn, each asking one of these. */
function asking(...urls: readonly string[]): StackSettings {
  const { chat } = prod.endpoints;
  if (chat === undefined) throw new Error("prod has no endpoint `chat`");
  const versions = Object.entries(chat.versions).map(([version, settings], index) => {
    const prometheusUrl = urls[index];
    const how = prometheusUrl === undefined ? settings.scaling : { kind: "keda", max: 2, prometheusUrl };
    return [version, { ...settings, scaling: scaling.parse(how) }] as const;
  });
  return { ...prod, endpoints: { chat: { ...chat, versions: Object.fromEntries(versions) } } };
}

const callsOf = (...urls: readonly string[]) =>
  scalerSpace({ settings: asking(...urls), ownership }, { apiServers, scraper: undefined }).calls;

describe("scalerSpace", () => {
  it.each([
    [["http://prometheus-operated.monitoring.svc:9090"], { monitoring: [9090] }],
    [["http://a.monitoring.svc:9090", "http://b.monitoring.svc.cluster.local:9090"], { monitoring: [9090] }],
    [["http://a.monitoring.svc:9090", "https://b.monitoring.svc"], { monitoring: [9090, 443] }],
    [["http://a.monitoring.svc:9090", "http://b.metrics.svc"], { monitoring: [9090], metrics: [80] }],
    [["https://prometheus.example.com"], {}],
  ])("lets KEDA call the Services of %j and nothing else", (urls, calls) => {
    expect(callsOf(...urls)).toEqual(calls);
  });

  it("lets nobody scrape without a Prometheus of the stack", () => {
    const around = { apiServers, scraper: undefined };
    expect(scalerSpace({ settings: prod, ownership }, around).scrapes).toEqual({});
    expect(scalerSpace({ settings: prod, ownership }, { ...around, scraper: "watch" }).scrapes).toEqual({
      watch: [8080],
    });
  });
});

describe("scalerCalls", () => {
  const callsIn = (...urls: readonly string[]) => scalerCalls(asking(...urls).endpoints);

  it("has none where no version scales by KEDA", () => {
    expect(
      scalerCalls({ chat: { versions: { "1.0.0": { scaling: scaling.parse({ kind: "none" }) } } } }),
    ).toEqual([]);
    expect(callsIn("http://a.monitoring.svc:9090")).toEqual([
      {
        path: ["chat", "versions", "1.0.0", "scaling", "prometheusUrl"],
        namespace: "monitoring",
        port: 9090,
      },
    ]);
  });

  it.each([
    "https://prometheus.example.com",
    "http://a.monitoring.svc.example.com",
    "http://monitoring.svc",
    "http://a.monitoring",
    "http://10.0.0.1:9090",
    "http://[fd00::1]:9090",
  ])("knows no namespace of %s", (url) => {
    expect(callsIn(url)).toMatchObject([{ namespace: undefined }]);
  });
});
