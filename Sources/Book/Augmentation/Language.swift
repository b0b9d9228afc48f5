/// A language by its code: what ISO 639-3 calls it (`spa`), or an engine (`es`, `zh-cn`, `por_BR`).
///
/// Two codes of one language are equal, so that a record made with `es` answers for `spa`. Does not
/// know whether a language exists: any two or three letters will do.
public struct Language: Sendable, CustomStringConvertible {
  /// The code as it was written.
  package let code: String
  /// The code in ISO 639-3, with the variant after an underscore where there is one.
  package let iso: String

  /// A language of the given code: two or three letters, and perhaps a variant after `_` or `-`.
  public init?(_ code: String) {
    let parts = code.utf8.split(maxSplits: 1, omittingEmptySubsequences: false) {
      $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
    guard let base = parts.first, (2...3).contains(base.count), base.allSatisfy(Self.isLetter),
      parts.count == 1 || !parts[1].isEmpty, code.utf8.count <= 40,
      parts.dropFirst().allSatisfy({ $0.allSatisfy(Self.isPlain) })
    else { return nil }
    self.init(known: code)
  }

  /// A language of a code that is one: those that this package itself writes.
  package init(known code: String) {
    let parts = code.split(maxSplits: 1) { $0 == "_" || $0 == "-" }
    let name = parts.first?.lowercased() ?? ""
    self.code = code
    iso = (Self.iso[name] ?? name) + (parts.count > 1 ? "_" + parts[1] : "")
  }

  package static let english = Language(known: "en")

  /// The code.
  public var description: String { code }

  /// `eng→spa→eng`.
  package static func shown(_ path: [Language]) -> String {
    path.map(\.code).joined(separator: "→")
  }

  /// The language without its variant.
  package var base: Language { Language(known: String(iso.prefix { $0 != "_" })) }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  private var key: String { iso.lowercased() }

  /// ISO 639-3 for each code of ISO 639-1; the rest of a code begins with its variant.
  private static let iso: [String: String] = {
    var codes: [String: String] = [:]
    for pair in table.split(whereSeparator: \.isWhitespace) {
      codes[String(pair.prefix(2))] = String(pair.dropFirst(3))
    }
    return codes
  }()

  private static let table = """
    aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak
    be:bel bg:bul bi:bis bm:bam bn:ben bo:bod br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre
    cs:ces cu:chu cv:chv cy:cym da:dan de:deu dv:div dz:dzo ee:ewe el:ell en:eng eo:epo es:spa
    et:est eu:eus fa:fas ff:ful fi:fin fj:fij fo:fao fr:fra fy:fry ga:gle gd:gla gl:glg gn:grn
    gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:hye hz:her ia:ina id:ind
    ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl it:ita iu:iku iw:heb ja:jpn jv:jav ka:kat kg:kon
    ki:kik kj:kua kk:kaz kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir
    la:lat lb:ltz lg:lug li:lim ln:lin lo:lao lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri mk:mkd
    ml:mal mn:mon mr:mar ms:msa mt:mlt my:mya na:nau nb:nob nd:nde ne:nep ng:ndo nl:nld nn:nno
    no:nor nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli pl:pol ps:pus
    pt:por qu:que rm:roh rn:run ro:ron ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag sh:hbs
    si:sin sk:slk sl:slv sm:smo sn:sna so:som sq:sqi sr:srp ss:ssw st:sot su:sun sv:swe sw:swa
    ta:tam te:tel tg:tgk th:tha ti:tir tk:tuk tl:tgl tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi
    ty:tah ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln wo:wol xh:xho yi:yid yo:yor
    za:zha zh:zho zu:zul
    """
}

extension Language: Hashable {
  /// Equal when they are one language, however it is written.
  public static func == (a: Language, b: Language) -> Bool { a.key == b.key }

  /// By what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
