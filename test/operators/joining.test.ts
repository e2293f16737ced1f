import { joiningCases } from './cases/joining';
import { checkCases } from './check';

checkCases(joiningCases);
