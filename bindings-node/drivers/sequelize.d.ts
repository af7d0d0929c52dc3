import type { Sequelize, Options as SequelizeOptions } from 'sequelize';
import type { DriverOptions, LoginOptions } from '../index.js';

export type Options = LoginOptions &
  DriverOptions<Omit<SequelizeOptions, 'dialect' | 'replication'>> & {
    dialect: 'postgres' | 'mysql' | 'mariadb';
    username: string;
  };

/**
 * A Sequelize whose new connections ask for a token, over verified TLS. A login that is refused
 * with a token from the cache is tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export declare function createSequelize(options: Options): Sequelize;
