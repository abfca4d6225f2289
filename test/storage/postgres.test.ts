import { databaseUrl } from '../support/services.ts';
import { houseConformance } from './house.conformance.ts';
import { jobsConformance } from './jobs.conformance.ts';
import { lineageConformance } from './lineage.conformance.ts';
import { peopleConformance } from './people.conformance.ts';
import { openStand } from './stand.ts';

const open = async () => openStand(await databaseUrl());
lineageConformance('pictures on PostgreSQL', open);
jobsConformance('jobs on PostgreSQL', open);
peopleConformance('people on PostgreSQL', open);
houseConformance('the rules of the house on PostgreSQL', open);
