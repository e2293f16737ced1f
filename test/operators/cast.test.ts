import { castCases } from './cases/cast';
import { checkCases } from './check';

checkCases(castCases);
