//! Text files that accompany pictures: XMP, Google Takeout JSON, Apple's adjustments.

use jiff::Timestamp;

use super::exif::Stamp;

/// An XMP packet (ISO 16684-1) with the date of its picture; `id` makes it unlike all others.
pub(super) fn xmp(stamp: &Stamp, id: &str) -> String {
    let date = stamp.local.strftime("%Y-%m-%dT%H:%M:%S");
    let offset = stamp.offset_text().unwrap_or_default();
    format!(
        r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    exif:DateTimeOriginal="{date}{offset}"
    xmp:Rating="4"
    xmpMM:DocumentID="uuid:{id}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"#
    )
}

/// What Google Takeout puts beside the picture `title`, taken `seconds` after 1970 UTC.
pub(super) fn takeout(title: &str, seconds: i64, id: &str) -> String {
    let formatted = Timestamp::from_second(seconds)
        .unwrap_or_default()
        .strftime("%b %-d, %Y, %-I:%M:%S %p UTC")
        .to_string();
    format!(
        r#"{{
  "title": "{title}",
  "description": "",
  "imageViews": "3",
  "creationTime": {{
    "timestamp": "{seconds}",
    "formatted": "{formatted}"
  }},
  "photoTakenTime": {{
    "timestamp": "{seconds}",
    "formatted": "{formatted}"
  }},
  "url": "https://photos.google.com/photo/{id}"
}}
"#
    )
}

/// The property list that Apple's Photos keeps beside an edited picture.
pub(super) fn adjustments(stamp: &Stamp, id: &str) -> String {
    let date = stamp.local.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>adjustmentBaseVersion</key>
	<integer>0</integer>
	<key>adjustmentFormatIdentifier</key>
	<string>com.apple.photo</string>
	<key>adjustmentIdentifier</key>
	<string>{id}</string>
	<key>adjustmentTimestamp</key>
	<date>{date}</date>
</dict>
</plist>
"#
    )
}
