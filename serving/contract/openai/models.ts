// Wire types of GET /v1/models and GET /v1/models/{id}.
export type Model = {
  readonly id: string;
  readonly object: "model";
  /** Unix seconds. */
  readonly created: number;
  readonly owned_by: string;
};

export type ModelList = { readonly object: "list"; readonly data: readonly Model[] };
