/** Elements of an input up to which programs are compiled for its values. */
export const maxValueElements = 64;
