//! Canonical JSON as TUF signs it (OLPC's): keys in byte order, no blanks, only `"` and `\` escaped, integers only.
//! Promises: one value has one spelling; nesting is bounded before a byte is parsed.
//! Must not know: what a document says.
//!
//! Text is not normalised (NFC), as it is not in python-tuf: a name is its bytes.

use serde_json::Value;

/// Deeper than any metadata.
const NESTING_MOST: usize = 16;

/// Why a text has no canonical form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalRefused {
    /// No JSON.
    #[error("no JSON, at line {line}, column {column}")]
    Parse {
        /// Line, from 1.
        line: usize,
        /// Column.
        column: usize,
    },
    /// Nested too deeply.
    #[error("nested deeper than {NESTING_MOST}")]
    Nest,
    /// A number that is no integer.
    #[error("a number that is no integer")]
    Number,
}

/// Parses a text, bounded in its nesting.
///
/// # Errors
/// [`CanonicalRefused`].
pub fn read_canonical(bytes: &[u8]) -> Result<Value, CanonicalRefused> {
    bound_nesting(bytes)?;
    serde_json::from_slice(bytes)
        .map_err(|error| CanonicalRefused::Parse { line: error.line(), column: error.column() })
}

/// The canonical bytes of a value: what signatures are over.
///
/// # Errors
/// [`CanonicalRefused::Number`].
pub fn canonical(value: &Value) -> Result<Vec<u8>, CanonicalRefused> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalRefused> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) if number.is_u64() || number.is_i64() => out.extend(number.to_string().bytes()),
        Value::Number(_) => return Err(CanonicalRefused::Number),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (nth, item) in items.iter().enumerate() {
                separate(nth, out);
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            // The map is a B-tree: in byte order of the keys.
            out.push(b'{');
            for (nth, (key, item)) in fields.iter().enumerate() {
                separate(nth, out);
                write_text(key, out);
                out.push(b':');
                write(item, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn separate(nth: usize, out: &mut Vec<u8>) {
    if nth > 0 {
        out.push(b',');
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn bound_nesting(bytes: &[u8]) -> Result<(), CanonicalRefused> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > NESTING_MOST {
            return Err(CanonicalRefused::Nest);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_blanks_go_and_only_quote_and_backslash_are_escaped() {
        let text = "{ \"b\" : [ 1, -2 ,true,null],\"a\":\"x\\\"\\\\\\n\\u6d4b\", \"B\":{} }";
        let value = read_canonical(text.as_bytes()).unwrap();
        let written = String::from_utf8(canonical(&value).unwrap()).unwrap();
        assert_eq!(written, "{\"B\":{},\"a\":\"x\\\"\\\\\n测\",\"b\":[1,-2,true,null]}");
    }

    proptest::proptest! {
        #[test]
        fn one_value_has_one_form_and_no_text_ends_in_a_panic(text in "[\\[\\]{}\",:0-9a-z\\\\ \\n\u{6d4b}.eE+-]{0,64}") {
            if let Ok(value) = read_canonical(text.as_bytes()) {
                let once = canonical(&value);
                let spaced = serde_json::to_string_pretty(&value).unwrap();
                proptest::prop_assert_eq!(canonical(&read_canonical(spaced.as_bytes()).unwrap()), once);
            }
            let _ = crate::Claimed::<crate::Targets>::read(text.as_bytes());
            let _ = crate::Trusted::from_text(&text);
        }
    }

    #[test]
    fn fractions_are_refused_and_so_is_a_tower_of_brackets_before_it_is_parsed() {
        let fraction = read_canonical(b"[1.5]").unwrap();
        assert_eq!(canonical(&fraction), Err(CanonicalRefused::Number));
        let tower = vec![b'['; 1 << 16];
        assert_eq!(read_canonical(&tower), Err(CanonicalRefused::Nest));
        assert!(read_canonical(b"[\"[[[[[[[[[[[[[[[[[[[[[[[[\"]").is_ok(), "brackets in a text nest nothing");
        assert!(matches!(read_canonical(b"{\"a\":"), Err(CanonicalRefused::Parse { line: 1, .. })));
    }
}
