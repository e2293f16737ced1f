import { padCases } from './cases/pad';
import { checkCases } from './check';

checkCases(padCases);
