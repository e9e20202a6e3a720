// Alerts on GPUs: faults of the hardware, GPUs that cost and do nothing, nodes that show none.
import type { Alert, Watch } from "./rule.ts";

const BY_GPU = "hostname, UUID, gpu";
/** Faults that a program causes, not the hardware. Source: NVIDIA, Xid catalogue. */
const PROGRAM_FAULTS = [13, 31, 43, 45] as const;
/** Below this share of its time a GPU counts as idle. */
const IDLE_RATIO = 0.01;
const ALLOCATABLE = 'kube_node_status_allocatable{resource="nvidia_com_gpu"}';

export function gpuAlerts({ idleGpuMinutes }: Watch): readonly Alert[] {
  return [...faultAlerts(), idleAlert(idleGpuMinutes), ...presenceAlerts()];
}

function faultAlerts(): readonly Alert[] {
  const last = `max by (${BY_GPU}) (DCGM_FI_DEV_XID_ERRORS)`;
  const harmless = PROGRAM_FAULTS.map((code) => `${last} == ${code}`).join(" or ");
  return [
    {
      name: "RampaGpuFault",
      severity: "P1",
      expression: `${last} > 0 unless (${harmless})`,
      forMinutes: 1,
      summary: "GPU {{ $labels.gpu }} of {{ $labels.hostname }} reports Xid {{ $value }}.",
    },
  ];
}

function idleAlert(minutes: number): Alert {
  return {
    name: "RampaGpuIdle",
    severity: "P3",
    expression: `max by (${BY_GPU}) (avg_over_time(DCGM_FI_PROF_GR_ENGINE_ACTIVE[${minutes}m])) < ${IDLE_RATIO}`,
    forMinutes: minutes,
    summary: `GPU {{ $labels.gpu }} of {{ $labels.hostname }} has done nothing for ${minutes} minutes.`,
  };
}

function presenceAlerts(): readonly Alert[] {
  return [
    {
      name: "RampaGpuMetricsAbsent",
      severity: "P2",
      expression: `sum(${ALLOCATABLE}) > 0 unless on () count(DCGM_FI_DEV_GPU_TEMP)`,
      forMinutes: 10,
      summary: "{{ $value }} GPUs are there, and none of them is measured.",
    },
    {
      name: "RampaGpuNodeWithoutGpus",
      severity: "P2",
      expression: `kube_node_labels{label_rampa_dev_gpu!=""} unless on (node) ${ALLOCATABLE} > 0`,
      forMinutes: 15,
      summary: "{{ $labels.node }} belongs to a GPU pool and offers no GPU.",
    },
  ];
}
