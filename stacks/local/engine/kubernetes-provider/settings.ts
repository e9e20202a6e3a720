// The provider's settings, from the arguments of `new k8s.Provider(...)`.
import { isUnknown, type PropertyMap, type PropertyValue, unwrapMap } from "../property-values.ts";
import type { MutableFlags } from "./replace-rules.ts";

export type ProviderSettings = {
  /** `unknown` while the cluster itself is only planned: nothing can be asked then. */
  readonly kubeconfig:
    | { readonly kind: "known"; readonly value: string | undefined }
    | { readonly kind: "unknown" };
  readonly context: string | undefined;
  readonly namespace: string;
  readonly mutable: MutableFlags;
  /** Forget objects instead of failing when the cluster does not answer. */
  readonly deleteUnreachable: boolean;
};

const DEFAULT_NAMESPACE = "default";

export function toSettings(args: PropertyMap): ProviderSettings {
  const plain = unwrapMap(args);
  const kubeconfig = plain.kubeconfig;
  return {
    kubeconfig: isUnknown(kubeconfig) ? { kind: "unknown" } : { kind: "known", value: textOf(kubeconfig) },
    context: textOf(plain.context),
    namespace: textOf(plain.namespace) ?? DEFAULT_NAMESPACE,
    mutable: {
      configMap: isOn(plain.enableConfigMapMutable),
      secret: isOn(plain.enableSecretMutable),
    },
    deleteUnreachable: isOn(plain.deleteUnreachable),
  };
}

function textOf(value: PropertyValue | undefined): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}

/** The SDK sends provider settings as JSON text. */
function isOn(value: PropertyValue | undefined): boolean {
  return value === true || value === "true";
}
