/** A token bucket for each client: a second's requests at once, and as many in each second after. */
export class RateLimit {
  private readonly buckets = new Map<string, { left: number; at: number }>();

  /** @param perSecond requests of a client */
  constructor(private readonly perSecond: number) {}

  /** Whether a client may make one more request now. */
  admits(client: string, now = performance.now()): boolean {
    const most = Math.max(1, this.perSecond);
    const bucket = this.buckets.get(client) ?? { left: most, at: now };
    bucket.left = Math.min(most, bucket.left + ((now - bucket.at) / 1000) * this.perSecond);
    bucket.at = now;
    // Whoever asks again stands last, so that those who are long gone are first.
    this.buckets.delete(client);
    this.buckets.set(client, bucket);
    for (const [other] of this.buckets) {
      if (this.buckets.size <= mostClients) break;
      this.buckets.delete(other);
    }
    if (bucket.left < 1) return false;
    bucket.left--;
    return true;
  }
}

/** Clients that are remembered. */
const mostClients = 10_000;
