"""A softmax over a part of the vocabulary, for the reference's Trainer: what `sampled_vocabulary` means.

The most frequent words, the batch's labels and a sample of the rest; the logits of the sample are raised by
log(rest / sample). Written with torch's own operations and autograd, so that it can decide what the package computes.
"""

import math

import torch
import torch.nn.functional as F


class SampledVocabulary:
    def __init__(self, seen, vocabulary, sampled_vocabulary, sampled_vocabulary_frequent, sampled_vocabulary_share):
        counts = torch.bincount(seen, minlength=vocabulary)
        order = sorted(range(vocabulary), key=lambda i: (-counts[i].item(), i))
        self.frequent = torch.zeros(vocabulary, dtype=torch.bool)
        self.frequent[order[:sampled_vocabulary_frequent]] = True
        self.sample, self.share = sampled_vocabulary, sampled_vocabulary_share

    def is_sampled(self, state):
        return state.global_step < self.share * state.max_steps

    def loss(self, model, input_ids, labels):
        hidden = model.transformer(input_ids)[0][:, :-1].flatten(0, 1)
        targets = labels[:, 1:].flatten()
        wanted = self.frequent.clone()
        wanted[targets] = True
        certain, rest = wanted.nonzero()[:, 0], (~wanted).nonzero()[:, 0]
        ids, lift = certain, torch.zeros(len(certain))
        if len(rest) > 0:
            ids = torch.cat([certain, rest[torch.randint(len(rest), (self.sample,))]])
            lift = torch.cat([lift, torch.full((self.sample,), math.log(len(rest) / self.sample))])
        logits = hidden @ model.lm_head.weight[ids].T + lift
        return F.cross_entropy(logits, torch.searchsorted(certain, targets))
