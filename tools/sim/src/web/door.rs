//! Who may come in: the holder of the address that was printed, from a page of this server.
//! Promises: a token of 128 random bits in every path; a request under another host name (DNS rebinding), or sent by
//! another page (a forged form, a foreign script), is refused before it reaches anything.
//! Must not know: what is served.

use anyhow::Result;
use axum::http::{HeaderMap, Method, StatusCode, header};

/// The token and the names under which the server may be asked.
#[derive(Clone)]
pub(super) struct Door {
    token: String,
    port: u16,
}

impl Door {
    /// A door with a token of its own.
    pub(super) fn new(port: u16) -> Result<Door> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Door { token: bytes.iter().map(|byte| format!("{byte:02x}")).collect(), port })
    }

    /// What is printed, and opened.
    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.token)
    }

    /// The beginning of every path.
    pub(super) fn prefix(&self) -> String {
        format!("/{}", self.token)
    }

    /// Whether a request with these headers is one of our page's.
    pub(super) fn admit(&self, method: &Method, headers: &HeaderMap) -> Result<(), StatusCode> {
        let names = [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)];
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if !names.iter().any(|name| name == host) {
            return Err(StatusCode::MISDIRECTED_REQUEST);
        }
        match headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
            Some(origin) if names.iter().any(|name| origin == format!("http://{name}")) => Ok(()),
            // Browsers leave the origin out of plain reading only.
            None if method == Method::GET => Ok(()),
            Some(_) | None => Err(StatusCode::FORBIDDEN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &str, origin: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn another_page_or_another_name_of_this_machine_stays_outside() {
        let door = Door::new(4000).unwrap();
        let ours = "http://127.0.0.1:4000";
        let ask = |method, host, origin| door.admit(&method, &headers(host, origin));
        assert_eq!(ask(Method::GET, "127.0.0.1:4000", None), Ok(()));
        assert_eq!(ask(Method::POST, "127.0.0.1:4000", Some(ours)), Ok(()));
        assert_eq!(ask(Method::POST, "127.0.0.1:4000", None), Err(StatusCode::FORBIDDEN));
        assert_eq!(
            ask(Method::POST, "127.0.0.1:4000", Some("https://evil.example")),
            Err(StatusCode::FORBIDDEN)
        );
        assert_eq!(ask(Method::POST, "127.0.0.1:4000", Some("null")), Err(StatusCode::FORBIDDEN));
        assert_eq!(ask(Method::GET, "rebound.example:4000", None), Err(StatusCode::MISDIRECTED_REQUEST));
        assert_eq!(ask(Method::GET, "127.0.0.1:4001", None), Err(StatusCode::MISDIRECTED_REQUEST));
    }

    #[test]
    fn no_two_servers_share_a_token() {
        assert_ne!(Door::new(1).unwrap().prefix(), Door::new(1).unwrap().prefix());
        assert_eq!(Door::new(1).unwrap().prefix().len(), 33);
    }
}
