// What the Kubernetes provider of every stack is told.

/** The key file changes in place; a replacement would leave the gateway without its Secret for a moment. */
export const KUBERNETES_SETTINGS = { enableSecretMutable: true };
