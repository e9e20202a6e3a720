// The settings of all components of this area together, as its README shows them.
import { z } from "zod";
import { gpuMetricsSettings } from "./gpu-metrics.args.ts";
import { monitoringSettings } from "./monitoring.args.ts";
import { monitoringStackSettings } from "./monitoring-stack.args.ts";
import { standaloneSettings } from "./standalone.args.ts";

export const monitoringAreaSettings = z.strictObject({
  monitoring: monitoringSettings.describe("Settings of `Monitoring`."),
  gpuMetrics: gpuMetricsSettings.describe("Settings of `GpuMetrics`."),
  standalone: standaloneSettings.describe("Settings of `StandaloneMonitoring`."),
  monitoringStack: monitoringStackSettings.describe("Settings of `MonitoringStack`."),
});
