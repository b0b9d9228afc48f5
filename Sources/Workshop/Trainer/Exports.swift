// The chapter's optimizer, schedules and order are what this room's trainer runs on: whoever imports
// the trainer sees them too.
@_exported public import FoxTraining
