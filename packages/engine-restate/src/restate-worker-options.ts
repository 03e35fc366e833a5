// In a file of its own: what is public must not lead to the SDK's declarations, which strict projects cannot compile (1.17.2).
export interface RestateWorkerOptions {
  /** Default 127.0.0.1: only a Restate on this machine reaches it. */
  readonly host?: string;
  /** Default 9080. On Linux several workers of one version share it; 0 takes any, and no other process can take over from this one. */
  readonly port?: number;
  /** The address by which Restate reaches this worker, or the balancer before several; default `http://<host>:<port>`. */
  readonly advertisedUrl?: string;
  /** Names the code: workers of one version take over from each other, and the runs of an older one end on it. Default a digest of the agents' names and versions. */
  readonly version?: string;
  /** A step that takes longer is cut off and begins again; default a day. */
  readonly longestStepMs?: number;
  /** How long a run that only waits stays in this process's memory; default 60,000 ms. */
  readonly inactivityTimeoutMs?: number;
  /** How long Restate keeps what it knows of a run that has ended; default a day. Our store keeps it longer. */
  readonly retentionMs?: number;
  /** Public keys of the Restate that may call; without them whoever reaches the port may. */
  readonly identityKeys?: readonly string[];
}
