'use strict';

// NestJS with TypeORM.

require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { TypeOrmModule } = require('@nestjs/typeorm');
const { dataSourceOptions } = require('rdsiam/typeorm');
const { DataSource } = require('typeorm');
const { user: username, ...options } = require('./options.js');

class AppModule {}
Module({
  imports: [TypeOrmModule.forRoot(dataSourceOptions({ type: 'postgres', username, ...options }))],
})(AppModule);

exports.start = async () => {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  return { app, database: app.get(DataSource) };
};
