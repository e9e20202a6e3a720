// BaseComponent: type token, child names and child options that every component of the platform shares.
import { ComponentResource, type ComponentResourceOptions, type CustomResourceOptions } from "@pulumi/pulumi";

/** A component's place in the platform: `{ area: "serving", kind: "ModelVersion" }` → `rampa:serving:ModelVersion`. */
export type ComponentToken = { readonly area: string; readonly kind: string };

/**
 * Parent of all components. A subclass checks its settings before it calls `super`, so that a wrong setting creates
 * nothing. The arguments themselves are not handed to the engine: inputs of local components are written into the
 * state, Outputs and all.
 */
export abstract class BaseComponent extends ComponentResource {
  readonly #name: string;

  protected constructor(token: ComponentToken, name: string, opts: ComponentResourceOptions) {
    super(typeToken(token), name, {}, opts);
    this.#name = name;
  }

  /** Name of a child. It is part of the URN, so changing a suffix needs `aliases` and an upgrade test. */
  protected childName(suffix: string): string {
    return `${this.#name}-${suffix}`;
  }

  /** Options of a child: this component is its parent; `extra` may add, never replace that. */
  protected childOptions(extra: CustomResourceOptions = {}): CustomResourceOptions {
    return { ...extra, parent: this };
  }
}

/** `rampa:<area>:<Kind>`; public and fixed, as it is part of every child's URN. */
export function typeToken(token: ComponentToken): string {
  return `rampa:${token.area}:${token.kind}`;
}
