// EC2 instance types as data: GPUs, size, EFA and price; the one source of these facts.

/** `memoryGib` is of one GPU, as EC2 lists it: for A10G, L4 and L40S less than the nominal 24 and 48. */
type GpuModel = { readonly memoryGib: number; readonly isMigCapable: boolean };

/** MIG is counted for the A100, H100, H200 and B classes. The RTX PRO 6000 is left out: nothing here was tried on it. */
export const GPU_MODELS = {
  T4: { memoryGib: 16, isMigCapable: false },
  T4G: { memoryGib: 16, isMigCapable: false },
  A10G: { memoryGib: 22, isMigCapable: false },
  L4: { memoryGib: 22, isMigCapable: false },
  L40S: { memoryGib: 44, isMigCapable: false },
  "RTX PRO 4500": { memoryGib: 32, isMigCapable: false },
  "RTX PRO 6000": { memoryGib: 96, isMigCapable: false },
  "A100 40GB": { memoryGib: 40, isMigCapable: true },
  "A100 80GB": { memoryGib: 80, isMigCapable: true },
  H100: { memoryGib: 80, isMigCapable: true },
  H200: { memoryGib: 141, isMigCapable: true },
  B200: { memoryGib: 179, isMigCapable: true },
  B300: { memoryGib: 268, isMigCapable: true },
} as const satisfies Record<string, GpuModel>;

export type InstanceType = {
  /** Of the processor; the node image has to be of the same. */
  readonly architecture: "x86_64" | "arm64";
  readonly vcpus: number;
  readonly memoryGib: number;
  readonly gpu?: { readonly model: keyof typeof GPU_MODELS; readonly count: number };
  /** Most Elastic Fabric Adapters that can be attached; 0 where the type has none. */
  readonly efaInterfaces: number;
  /** First network card with an adapter; 0 when left out, 1 where the first card is for plain traffic only. */
  readonly efaFirstCard?: 1;
  /** On demand in us-east-1, Linux, rounded to a tenth of a cent where the type has GPUs. */
  readonly usdPerHour: number;
  /** Day of the price list. */
  readonly pricedOn: string;
};

const x86 = { architecture: "x86_64", efaInterfaces: 0 } as const;
const arm = { architecture: "arm64", efaInterfaces: 0 } as const;
const JULY = { pricedOn: "2026-07-20" } as const;
const EARLY_JULY = { pricedOn: "2026-07-06" } as const;
const FEBRUARY = { pricedOn: "2026-02-09" } as const;

/** By name. A type that is not here has no known price: the policies refuse it unless they are told to allow it. */
// biome-ignore format: a table, one row a line
export const INSTANCE_TYPES = {
  "g4dn.xlarge": { ...x86, ...JULY, vcpus: 4, memoryGib: 16, gpu: { model: "T4", count: 1 }, usdPerHour: 0.526 },
  "g5.xlarge": { ...x86, ...JULY, vcpus: 4, memoryGib: 16, gpu: { model: "A10G", count: 1 }, usdPerHour: 1.006 },
  "g5.2xlarge": { ...x86, ...FEBRUARY, vcpus: 8, memoryGib: 32, gpu: { model: "A10G", count: 1 }, usdPerHour: 1.212 },
  "g5.12xlarge": { ...x86, ...JULY, vcpus: 48, memoryGib: 192, gpu: { model: "A10G", count: 4 }, efaInterfaces: 1, usdPerHour: 5.672 },
  "g5g.xlarge": { ...arm, ...EARLY_JULY, vcpus: 4, memoryGib: 8, gpu: { model: "T4G", count: 1 }, usdPerHour: 0.42 },
  "g5g.2xlarge": { ...arm, ...EARLY_JULY, vcpus: 8, memoryGib: 16, gpu: { model: "T4G", count: 1 }, usdPerHour: 0.556 },
  "g6.xlarge": { ...x86, ...JULY, vcpus: 4, memoryGib: 16, gpu: { model: "L4", count: 1 }, usdPerHour: 0.805 },
  "g6.2xlarge": { ...x86, ...FEBRUARY, vcpus: 8, memoryGib: 32, gpu: { model: "L4", count: 1 }, usdPerHour: 0.978 },
  "g6.12xlarge": { ...x86, ...FEBRUARY, vcpus: 48, memoryGib: 192, gpu: { model: "L4", count: 4 }, efaInterfaces: 1, usdPerHour: 4.602 },
  "g6e.xlarge": { ...x86, ...JULY, vcpus: 4, memoryGib: 32, gpu: { model: "L40S", count: 1 }, usdPerHour: 1.861 },
  "g6e.2xlarge": { ...x86, ...FEBRUARY, vcpus: 8, memoryGib: 64, gpu: { model: "L40S", count: 1 }, usdPerHour: 2.242 },
  "g6e.12xlarge": { ...x86, ...JULY, vcpus: 48, memoryGib: 384, gpu: { model: "L40S", count: 4 }, efaInterfaces: 1, usdPerHour: 10.493 },
  "g7.2xlarge": { ...x86, ...JULY, vcpus: 8, memoryGib: 32, gpu: { model: "RTX PRO 4500", count: 1 }, usdPerHour: 2.52 },
  "g7e.2xlarge": { ...x86, ...JULY, vcpus: 8, memoryGib: 64, gpu: { model: "RTX PRO 6000", count: 1 }, usdPerHour: 3.363 },
  "p4d.24xlarge": { ...x86, ...JULY, vcpus: 96, memoryGib: 1152, gpu: { model: "A100 40GB", count: 8 }, efaInterfaces: 4, usdPerHour: 21.958 },
  "p4de.24xlarge": { ...x86, ...FEBRUARY, vcpus: 96, memoryGib: 1152, gpu: { model: "A100 80GB", count: 8 }, efaInterfaces: 4, usdPerHour: 27.447 },
  "p5.4xlarge": { ...x86, ...JULY, vcpus: 16, memoryGib: 256, gpu: { model: "H100", count: 1 }, efaInterfaces: 1, usdPerHour: 6.88 },
  "p5.48xlarge": { ...x86, ...JULY, vcpus: 192, memoryGib: 2048, gpu: { model: "H100", count: 8 }, efaInterfaces: 32, usdPerHour: 55.04 },
  "p5en.48xlarge": { ...x86, ...JULY, vcpus: 192, memoryGib: 2048, gpu: { model: "H200", count: 8 }, efaInterfaces: 16, usdPerHour: 63.296 },
  "p6-b200.48xlarge": { ...x86, ...JULY, vcpus: 192, memoryGib: 2048, gpu: { model: "B200", count: 8 }, efaInterfaces: 8, usdPerHour: 113.933 },
  "p6-b300.48xlarge": { ...x86, ...JULY, vcpus: 192, memoryGib: 4096, gpu: { model: "B300", count: 8 }, efaInterfaces: 16, efaFirstCard: 1, usdPerHour: 142.416 },
  "t3.medium": { ...x86, ...FEBRUARY, vcpus: 2, memoryGib: 4, usdPerHour: 0.0416 },
  "t3.large": { ...x86, ...FEBRUARY, vcpus: 2, memoryGib: 8, usdPerHour: 0.0832 },
  "t4g.medium": { ...arm, ...FEBRUARY, vcpus: 2, memoryGib: 4, usdPerHour: 0.0336 },
  "t4g.large": { ...arm, ...FEBRUARY, vcpus: 2, memoryGib: 8, usdPerHour: 0.0672 },
  "m6i.large": { ...x86, ...FEBRUARY, vcpus: 2, memoryGib: 8, usdPerHour: 0.096 },
  "m6i.xlarge": { ...x86, ...FEBRUARY, vcpus: 4, memoryGib: 16, usdPerHour: 0.192 },
  "m7i.large": { ...x86, ...FEBRUARY, vcpus: 2, memoryGib: 8, usdPerHour: 0.1008 },
  "m7i.xlarge": { ...x86, ...FEBRUARY, vcpus: 4, memoryGib: 16, usdPerHour: 0.2016 },
  "m7i.2xlarge": { ...x86, ...FEBRUARY, vcpus: 8, memoryGib: 32, usdPerHour: 0.4032 },
  "m7g.large": { ...arm, ...FEBRUARY, vcpus: 2, memoryGib: 8, usdPerHour: 0.0816 },
  "m7g.xlarge": { ...arm, ...FEBRUARY, vcpus: 4, memoryGib: 16, usdPerHour: 0.1632 },
  "m7g.2xlarge": { ...arm, ...FEBRUARY, vcpus: 8, memoryGib: 32, usdPerHour: 0.3264 },
  "c7i.large": { ...x86, ...FEBRUARY, vcpus: 2, memoryGib: 4, usdPerHour: 0.08925 },
  "c7i.xlarge": { ...x86, ...FEBRUARY, vcpus: 4, memoryGib: 8, usdPerHour: 0.1785 },
  "c7i.2xlarge": { ...x86, ...FEBRUARY, vcpus: 8, memoryGib: 16, usdPerHour: 0.357 },
  "c7g.large": { ...arm, ...FEBRUARY, vcpus: 2, memoryGib: 4, usdPerHour: 0.0725 },
  "c7g.xlarge": { ...arm, ...FEBRUARY, vcpus: 4, memoryGib: 8, usdPerHour: 0.145 },
  "r7i.large": { ...x86, ...FEBRUARY, vcpus: 2, memoryGib: 16, usdPerHour: 0.1323 },
  "r7i.xlarge": { ...x86, ...FEBRUARY, vcpus: 4, memoryGib: 32, usdPerHour: 0.2646 },
} as const satisfies Record<string, InstanceType>;

const rows: Readonly<Record<string, InstanceType>> = INSTANCE_TYPES;

/** The row of a type such as `g6.xlarge`; undefined where the table has none. */
export function findInstanceType(name: string): InstanceType | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined;
}
