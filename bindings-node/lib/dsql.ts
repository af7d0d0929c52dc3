// Aurora DSQL locks nothing: of two transactions that change the same rows the later one fails at its end, and
// is to be run again. Names and defaults are those of Amazon's connectors.

import { invalid } from './errors.js';

/** How often a transaction is run again after a conflict, and the pauses before. */
export interface OccRetryConfig {
  /** 0 to 100: 3. */
  maxRetries?: number | undefined;
  /** Milliseconds before the first retry, which double up to `maxDelayMs`: 1. */
  baseDelayMs?: number | undefined;
  /** Milliseconds: 100. */
  maxDelayMs?: number | undefined;
  /** How much a pause is longer at most, 0 to 1: 0.25 of it. */
  jitterFactor?: number | undefined;
}

/** A connection of pg. */
export interface TransactionClient {
  query(text: string): Promise<unknown>;
  release(error?: boolean): void;
}

/** A pool of pg: `Pool` of `rdsiam/pg` is one. */
export interface TransactionPool<C extends TransactionClient> {
  connect(): Promise<C>;
  // As pg's types have it: TypeScript pairs the forms of a function to find C.
  connect(callback: never): void;
}

const CONFLICTS = ['OC000', 'OC001', '40001'];
// Where a framework puts the error of its driver: drizzle and Prisma, TypeORM, sequelize.
const WRAPPED = ['cause', 'driverError', 'original'] as const;

/** Whether another transaction changed the same rows first: this one may be run again. */
export function isOccError(error: unknown): boolean {
  const found = error as ({ code?: unknown } & Record<(typeof WRAPPED)[number], unknown>) | null;
  if (typeof found !== 'object' || found === null) return false;
  if (CONFLICTS.includes(found.code as string)) return true;
  return WRAPPED.some((name) => found[name] !== error && isOccError(found[name]));
}

/**
 * What `run` resolves to, which is called again after a conflict. It has to begin and end its transaction by
 * itself: `retrying(() => sql.begin(work))` of postgres.js, `retrying(() => knex.transaction(work))`.
 */
export async function retrying<T>(run: () => Promise<T>, config: OccRetryConfig = {}): Promise<T> {
  const { maxRetries, ...pauses } = complete(config);
  for (let retry = 0; ; retry += 1) {
    try {
      return await run();
    } catch (error) {
      if (retry === maxRetries || !isOccError(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause(retry, pauses)));
  }
}

/**
 * Begins a transaction on a connection of the pool, calls `callback` with that, and commits; after a conflict it
 * does all of that again. `callback` may run more than once.
 */
export function runTransaction<T, C extends TransactionClient>(
  pool: TransactionPool<C>,
  callback: (client: C) => Promise<T>,
  config?: OccRetryConfig,
): Promise<T> {
  return retrying(async () => {
    const client = await pool.connect();
    let isBroken = false;
    try {
      await client.query('BEGIN');
      const result = await callback(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // What the caller has to see is the first error. A connection that takes no ROLLBACK leaves the pool.
      await client.query('ROLLBACK').catch(() => {
        isBroken = true;
      });
      throw error;
    } finally {
      client.release(isBroken);
    }
  }, config);
}

function complete(config: OccRetryConfig) {
  const { maxRetries = 3, baseDelayMs = 1, maxDelayMs = 100, jitterFactor = 0.25 } = config;
  if (!Number.isInteger(maxRetries) || maxRetries < 0 || maxRetries > 100) {
    throw invalid('maxRetries has to be a whole number from 0 to 100');
  }
  if (!(baseDelayMs > 0)) throw invalid('baseDelayMs has to be more than 0');
  if (!(maxDelayMs >= baseDelayMs)) throw invalid('maxDelayMs has to be baseDelayMs at least');
  if (!(jitterFactor >= 0 && jitterFactor <= 1)) throw invalid('jitterFactor has to be 0 to 1');
  return { maxRetries, baseDelayMs, maxDelayMs, jitterFactor };
}

type Pauses = Omit<ReturnType<typeof complete>, 'maxRetries'>;

function pause(retry: number, { baseDelayMs, maxDelayMs, jitterFactor }: Pauses): number {
  const delay = Math.min(baseDelayMs * 2 ** retry, maxDelayMs);
  return delay * (1 + Math.random() * jitterFactor);
}
