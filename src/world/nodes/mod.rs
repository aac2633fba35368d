//! What runs Pods: kubelets and the slots that Pods take. A scheduler will live here.

pub(in crate::world) mod kubelet;
pub(in crate::world) mod slots;
