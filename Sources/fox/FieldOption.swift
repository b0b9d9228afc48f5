/// Where in a JSON document the rows of a table are: the same option for every command that reads one.
/// SPEC `CLI-15`.
struct FieldOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("The member of a JSON document that holds the rows.", valueName: "name"))
  var field: String?

  func validate() throws {
    if field == "" { throw ValidationError("--field is empty; expected the name of a member") }
  }

  func read(_ path: String) throws -> Table {
    try Table.read(path: path, options: TableOptions(field: field))
  }
}
