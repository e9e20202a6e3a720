// What the settings of `new aws.Provider(...)` say: region, account and default tags, as far as the stand-in needs them.
import {
  isList,
  isMap,
  isSecret,
  isUnknown,
  type PropertyMap,
  type PropertyValue,
  stringAt,
  toSecret,
  unwrapMap,
  unwrapSecrets,
  valueAt,
} from "../property-values.ts";
import type { CheckProblem } from "../provider-messages.ts";
import { checkInputs, describeValue } from "./check-inputs.ts";
import type { SdkTypes } from "./sdk-types.ts";

export type Account = {
  readonly region: string;
  /** The first of `allowedAccountIds`, else the one that AWS uses in its own examples. */
  readonly id: string;
  readonly partition: string;
  readonly dnsSuffix: string;
  readonly defaultTags: PropertyMap;
};

const EXAMPLE_ACCOUNT = "123456789012";
const EXAMPLE_REGION = "us-east-1";
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d+$/;

export function toAccount(args: PropertyMap): Account {
  const settings = decodeSettings(unwrapMap(args));
  const ids = settings.allowedAccountIds;
  const region = knownText(settings.region) ?? EXAMPLE_REGION;
  const isChina = region.startsWith("cn-");
  const tags = valueAt(settings, ["defaultTags", "tags"]);
  return {
    region,
    id: knownText(isList(ids) ? ids[0] : undefined) ?? EXAMPLE_ACCOUNT,
    partition: isChina ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws",
    dnsSuffix: isChina ? "amazonaws.com.cn" : "amazonaws.com",
    defaultTags: isMap(tags) ? tags : {},
  };
}

function knownText(value: PropertyValue | undefined): string | undefined {
  return typeof value === "string" && !isUnknown(value) ? value : undefined;
}

/** Problems of the provider's own settings, among them a region that is missing. */
export function checkProviderSettings(args: PropertyMap, sdk: SdkTypes): readonly CheckProblem[] {
  const { version: _version, ...settings } = decodeSettings(args);
  const region = unwrapMap(settings).region;
  const isRegion = isUnknown(region) || (typeof region === "string" && REGION.test(region));
  const want = "want an AWS region such as us-east-1";
  return [
    ...checkInputs(settings, sdk.provider(), sdk.resolve),
    ...(isRegion ? [] : [{ property: "region", reason: `got ${describeValue(region)}, ${want}` }]),
  ];
}

const NUMBERS: readonly string[] = ["maxRetries", "tokenBucketRateLimiterCapacity"];

/** The SDK sends every setting that is no string as JSON text. */
function decodeSettings(args: PropertyMap): PropertyMap {
  const decoded = Object.entries(args).map(([key, value]): [string, PropertyValue] => {
    const isJson = typeof value === "string" && /^(?:\[.*\]|\{.*\}|true|false)$/s.test(value);
    if (isJson) return [key, JSON.parse(value)];
    return [key, NUMBERS.includes(key) && typeof value === "string" ? Number(value) : value];
  });
  return Object.fromEntries(decoded);
}

/** Tags of a resource as AWS has them: the provider's, and over them its own. */
export function allTags(account: Account, inputs: PropertyMap): PropertyValue {
  const tags = unwrapSecrets(inputs.tags ?? null);
  if (isUnknown(tags)) return tags;
  const all = { ...account.defaultTags, ...(isMap(tags) ? tags : {}) };
  return isSecret(inputs.tags) ? toSecret(all) : all;
}

/** A resource may name a region of its own. */
export function regionOf(account: Account, inputs: PropertyMap): string {
  return stringAt(inputs, ["region"]) ?? account.region;
}
