// Route 53 zones that Application Load Balancers' names lie in, by region, as data: alias records name them.
// Source: AWS General Reference, "Elastic Load Balancing endpoints and quotas".
import type { REGIONS } from "../contract/regions.ts";
import { InvariantError } from "../kit/invariant-error.ts";

const LOAD_BALANCER_ZONES: Readonly<Record<keyof typeof REGIONS, string>> = {
  "us-east-1": "Z35SXDOTRQ7X7K",
  "us-east-2": "Z3AADJGX6KTTL2",
  "us-west-1": "Z368ELLRRE2KJ0",
  "us-west-2": "Z1H1FL5HABSF5",
  "ca-central-1": "ZQSVJUPU6J1EY",
  "sa-east-1": "Z2P70J7HTTTPLU",
  "eu-west-1": "Z32O12XQLNTSW2",
  "eu-west-2": "ZHURV8PSTC4K8",
  "eu-west-3": "Z3Q77PNBQS71R4",
  "eu-central-1": "Z215JYRZR1TBD5",
  "eu-central-2": "Z06391101F2ZOEP8P5EB3",
  "eu-north-1": "Z23TAZ6LKFMNIO",
  "eu-south-1": "Z3ULH7SSC9OV64",
  "eu-south-2": "Z0956581394HF5D5LXGAP",
  "me-central-1": "Z08230872XQRWHG2XF6I",
  "af-south-1": "Z268VQBMOI5EKX",
  "ap-south-1": "ZP97RAFLXTNZK",
  "ap-northeast-1": "Z14GRHDCWA56QT",
  "ap-northeast-2": "ZWKZPGTI48KDX",
  "ap-northeast-3": "Z5LXEXXYW11ES",
  "ap-southeast-1": "Z1LMS91P8CMLE5",
  "ap-southeast-2": "Z1GM3OXH4ZPM65",
  "ap-southeast-3": "Z08888821HLRG5A9ZRTER",
  "ap-southeast-4": "Z09517862IB2WZLPXG76F",
};

const zones: Readonly<Record<string, string>> = LOAD_BALANCER_ZONES;

/** The zone of a region that settings have been checked to name. */
export function loadBalancerZone(region: string): string {
  const zone = zones[region];
  if (zone === undefined) throw new InvariantError(`no zone of load balancers in ${region}`);
  return zone;
}
