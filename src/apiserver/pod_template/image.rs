//! Names of images: only the part that decides when an image is pulled. Nothing is fetched or rejected here.

/// The tag of an image: `latest` if it has neither tag nor digest; `None` if it has only a digest or is malformed.
///
/// Source: `github.com/distribution/reference`, with which the server parses images.
pub(super) fn tag_of(image: &str) -> Option<&str> {
    let (front, digest) = image.split_once('@').map_or((image, None), |(front, digest)| (front, Some(digest)));
    let colon = front.rfind(':').filter(|at| !front[*at..].contains('/'));
    let (name, tag) = colon.map_or((front, None), |at| (&front[..at], Some(&front[at + 1..])));
    let good = is_image_name(name) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest);
    match (good, tag, digest) {
        (false, ..) => None,
        (true, None, None) => Some("latest"),
        (true, tag, _) => tag,
    }
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let length = match algorithm {
        "sha256" => hex.len() == 64,
        "sha384" => hex.len() == 96,
        "sha512" => hex.len() == 128,
        _ => false,
    };
    length && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The longest name of an image, with its registry.
const LONGEST_IMAGE_NAME: usize = 255;

fn is_image_name(name: &str) -> bool {
    let is_id = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let (domain, path) = match name.split_once('/') {
        Some((domain, path))
            if domain.contains(['.', ':']) || domain == "localhost" || domain.to_lowercase() != domain =>
        {
            (Some(domain), path)
        }
        _ => (None, name),
    };
    // Without a registry an image is on docker.io, and without a slash in its library.
    let added = match domain {
        Some(_) => 0,
        None if path.contains('/') => "docker.io/".len(),
        None => "docker.io/library/".len(),
    };
    !is_id
        && name.len() + added <= LONGEST_IMAGE_NAME
        && domain.is_none_or(is_domain)
        && path.split('/').all(is_component)
}

fn is_domain(domain: &str) -> bool {
    let host = match domain.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
                return false;
            }
            host
        }
        _ => domain,
    };
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    }
    host.split('.').all(|part| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// Lower-case letters and digits, separated by a dot, one or two underscores, or any number of dashes.
fn is_component(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separator = |text: &str| matches!(text, "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    part.starts_with(plain)
        && part.ends_with(plain)
        && part.split(plain).all(|between| between.is_empty() || separator(between))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_decides_when_an_image_is_pulled() {
        let cases = [
            ("busybox", Some("latest")),
            ("busybox:1.36", Some("1.36")),
            ("registry.example.com:5000/a/b", Some("latest")),
            ("localhost:5000/a_b__c", Some("latest")),
            ("a/b:latest", Some("latest")),
            ("bad image", None),
            ("UPPER/case", Some("latest")),
            ("a/UPPER", None),
            ("a:", None),
            ("", None),
        ];
        for (image, tag) in cases {
            assert_eq!(tag_of(image), tag, "{image}");
        }
        let digest = format!("busybox@sha256:{}", "0".repeat(64));
        assert_eq!(tag_of(&digest), None);
        assert_eq!(tag_of(&digest.replace('@', ":2@")), Some("2"));
        assert_eq!(tag_of(&"x".repeat(300)), None);
    }
}
