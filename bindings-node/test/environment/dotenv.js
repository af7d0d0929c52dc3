'use strict';

// Signs as a tenant whose keys are in a file that dotenv reads, or without one in the `.env` that Bun
// read by itself.

const rdsiam = require('../..');
const { Signer: Peer } = require('@aws-sdk/rds-signer');
const { signsAs } = require('./tenant.js');

const [tenant, file] = process.argv.slice(2);
if (file !== undefined) require('dotenv').config({ path: file, quiet: true });

signsAs(tenant, { ...rdsiam, Peer }).then((key) => process.stdout.write(key));
