import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Every Prometheus metric of a process, and the page that shows them. */
export interface Metrics {
  /** By outcome: `done`, `cancelled`, or the code of the refusal. */
  readonly edits: Counter<'outcome'>;
  /** By stage: `load`, `encode`, `sample`, `decode`. */
  readonly stageSeconds: Histogram<'stage'>;
  /** Set by whoever serves the page, just before it is rendered. */
  readonly waitingJobs: Gauge;
  /** Calls to a chat platform that were given up or have to be repeated; by platform and by status, such as `429` or `socket`. */
  readonly chatFailures: Counter<'platform' | 'status'>;
  readonly contentType: string;
  render(): Promise<string>;
}

/** Fresh metrics, those of the Node process among them. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    edits: new Counter({
      name: 'palimpsest_edits_total',
      help: 'Edits that ended, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    stageSeconds: new Histogram({
      name: 'palimpsest_stage_seconds',
      help: 'Seconds an edit spent in a stage',
      labelNames: ['stage'],
      buckets: [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000],
      registers,
    }),
    waitingJobs: new Gauge({ name: 'palimpsest_waiting_jobs', help: 'Jobs in the line nobody has begun', registers }),
    chatFailures: new Counter({
      name: 'palimpsest_chat_failures_total',
      help: 'Failed calls to a chat platform, by platform and status',
      labelNames: ['platform', 'status'],
      registers,
    }),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}
