// Names of metrics that others than their maker depend on: autoscaling reads them.

/** Gauge of the gateway, labels `endpoint` and `version`: requests held until a pod of the version is ready. */
export const GATEWAY_WAITING_REQUESTS = "rampa_gateway_waiting_requests";

/** Counter of the gateway, labels `endpoint`, `version` and `outcome`: requests that are over. */
export const GATEWAY_REQUESTS = "gateway_requests_total";
