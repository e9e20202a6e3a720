// Where the containers of GPU engines find what they read and write.

/** The nodes' cache of weights, read-only. */
export const CACHE_DIR = "/cache";

/** The pod's own disk for what it downloads. */
export const DOWNLOAD_DIR = "/models";

/** Home, compiled kernels and sockets: the root file system is read-only. */
export const SCRATCH_DIR = "/tmp";
