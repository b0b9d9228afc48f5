import FoxAugmentation

/// # All codes of languages
///
/// Google's two letters (`es`), Apertium's three (`spa`), and what follows them (`zh-cn`, `por_BR`) as
/// one ``Language``. SPEC `AUG-1`. Does not know whether a language exists: any two or three letters
/// will do.
extension Language {
  /// A language of the given code: two or three letters, and perhaps a variant after `_` or `-`.
  package init?(_ code: String) {
    // At the first separator only: `zh-Hans-CN` has the variant `Hans-CN`. Empty parts are kept so
    // that `es_` and `_BR` can be refused.
    let parts = code.utf8.split(maxSplits: 1, omittingEmptySubsequences: false) {
      $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
    // Codes become parts of file names and of URLs. Letters, digits, `_` and `-` are harmless in
    // both; a slash, a dot or a space is not. 40 bytes are more than any real code has.
    guard let base = parts.first, (2...3).contains(base.count), base.allSatisfy(Self.isLetter),
      parts.count == 1 || !parts[1].isEmpty, code.utf8.count <= 40,
      parts.dropFirst().allSatisfy({ $0.allSatisfy(Self.isPlain) })
    else { return nil }
    // `EN` and `en` are one language. The variant keeps its case for printing.
    let name = String(Substring(base)).lowercased()
    let variant = parts.count > 1 ? "_" + String(Substring(parts[1])) : ""
    self.init(code: code, iso: (Self.standard[name] ?? name) + variant)
  }

  /// The language without its variant, for an engine that has the one but not the other.
  package var base: Language {
    let name = String(iso.prefix { $0 != "_" })
    return Language(code: name, iso: name)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    // In ASCII, bit 0x20 is what makes a capital small. No byte but a letter lands in a–z by
    // setting it.
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    // What a variant may hold: `BR`, `Hans-CN`, `valencia_uni`, `2023`.
    isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  /// ISO 639-3 for each code of ISO 639-1; the rest of a code begins with its variant.
  private static let standard: [String: String] = {
    // Parsed once, at first use, from the table below: a text of pairs is easier to compare with
    // the standard than a dictionary literal.
    var codes: [String: String] = [:]
    for pair in table.split(whereSeparator: \.isWhitespace) {
      // "es:spa": 2 letters, a colon, 3 letters
      codes[String(pair.prefix(2))] = String(pair.dropFirst(3))
    }
    return codes
  }()

  // Two codes that 639-1 has given up are still in use and stand here too: `iw` is Hebrew, as `he`
  // is, and `sh` is Serbo-Croatian.
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
